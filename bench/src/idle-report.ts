import type { IdleFinding } from './idle';

/** The findings as a table in Markdown. */
export function idleTableOf(findings: readonly IdleFinding[]): string {
  const rows = findings.map((finding, index) => [
    finding.job === findings[index - 1]?.job ? '' : `**${finding.job}**: ${finding.about}`,
    finding.server,
    finding.micros === undefined ? `${finding.heap?.toFixed(0)} B` : `${finding.micros.toFixed(3)} µs/s`,
    finding.resident === undefined ? '' : `${finding.resident.toFixed(0)} B`,
    ...(finding.target === undefined ? [beyondCell(finding), ''] : verdictOf(finding, finding.target)),
  ]);
  const columns = ['job', 'server', 'heap or CPU, each', 'resident, each', 'beyond the first', 'target'];
  const divider = columns.map((_, index) => (index < 2 ? '---' : '--:'));
  return [columns, divider, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function verdictOf(finding: IdleFinding, target: number): string[] {
  const verdict = finding.beyond <= target ? 'meets' : 'misses';
  return [`**${beyondCell(finding)}**`, `${verdict} ≤ ${beyondCell({ ...finding, beyond: target })}`];
}

function beyondCell({ micros, beyond }: Pick<IdleFinding, 'micros' | 'beyond'>): string {
  return micros === undefined ? `+${beyond.toFixed(0)} B` : beyond.toFixed(2);
}
