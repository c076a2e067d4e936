import type { Job } from './jobs';
import type { Role, Series } from './measure';
import { medianSample, type Sample } from './sample';
import { pairedRatio, type Ratio } from './statistics';

/** What was found out about one server on one job. */
export interface Finding extends Sample {
  readonly job: string;
  readonly about: string;
  readonly unit: Job['unit'];
  readonly server: string;
  readonly role: Role;
  /** To the base, in the same round. */
  readonly ratio: Ratio;
  readonly target?: number;
  readonly rounds: readonly Sample[];
}

/** The generator is the limit when it is this busy and the server is not. */
const TOO_BUSY = 0.9;

/** Compares the series of one job with its base, which is the first. */
export function findingsOf(job: Pick<Job, 'name' | 'about' | 'unit' | 'target'>, series: readonly Series[]): Finding[] {
  const base = series.find(({ role }) => role === 'base');
  if (!base) throw new RangeError(`${job.name} has no base`);
  const costs = ({ samples }: Series): number[] => samples.map(({ micros }) => micros);
  return series.map((one) => ({
    job: job.name,
    about: job.about,
    unit: job.unit,
    server: one.name,
    role: one.role,
    ...medianSample(one.samples),
    ratio: pairedRatio(costs(one), costs(base).slice(0, one.samples.length)),
    ...(one.role === 'framework' && job.target !== undefined && { target: job.target }),
    rounds: one.samples,
  }));
}

const columns = ['job', 'server', 'CPU, µs', 'ratio', 'min', 'max', 'best', 'bytes', 'target'];

/** The findings as a table in Markdown. */
export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.role === 'base' ? `**${finding.job}**: ${finding.about}` : '',
    finding.role === 'base again' ? `${finding.server}, again (noise)` : finding.server,
    `${finding.micros.toFixed(finding.micros < 10 ? 2 : 1)} / ${finding.unit}`,
    ...(finding.role === 'base' ? ['1', '', '', ''] : ratioCells(finding.ratio)),
    finding.bytes.toFixed(0),
    targetCell(finding),
  ]);
  const divider = columns.map((_, index) => (index < 2 ? '---' : '--:'));
  return [columns, divider, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What makes a finding doubtful, in words. */
export function doubtsOf(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ generatorLoad, serverLoad }) => generatorLoad > TOO_BUSY && serverLoad < TOO_BUSY)
    .map(
      ({ job, server, generatorLoad, serverLoad }) =>
        `${job}, ${server}: the generator was ${percent(generatorLoad)} busy and the server ${percent(serverLoad)}; the load was lower than meant.`,
    );
}

/** Where a peer costs less than the framework, in words; it goes by the rounds in which both took part. */
export function leadOf(findings: readonly Finding[]): string {
  const behind = findings.flatMap((peer) => {
    const own = findings.find(({ job, role }) => job === peer.job && role === 'framework');
    if (peer.role !== 'peer' || !own) return [];
    const { median: factor } = pairedRatio(costsOf(peer), costsOf(own).slice(0, peer.rounds.length));
    return factor < 1 ? [`${peer.job}: ${peer.server} costs ${percent(factor)} of it`] : [];
  });
  if (!findings.some(({ role }) => role === 'peer')) return '';
  return behind.length === 0 ? 'Ahead of every peer on every row.' : `Behind a peer: ${behind.join('; ')}.`;
}

function costsOf({ rounds }: Finding): number[] {
  return rounds.map(({ micros }) => micros);
}

function ratioCells({ median: middle, min, max, best }: Ratio): string[] {
  return [`**${middle.toFixed(2)}**`, min.toFixed(2), max.toFixed(2), best.toFixed(2)];
}

function targetCell({ target, ratio }: Finding): string {
  if (target === undefined) return '';
  return `${ratio.median <= target ? 'meets' : 'misses'} ≤ ${target}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
