import type { ChaosOutcome } from './chaos.fixture';
import type { ClientHistory, ServerNote } from './history.fixture';
import type { Violation } from './ledger.fixture';
import { TimelineReader } from './timeline.fixture';

/** Figures of all clients of one kind. */
export interface KindFigures {
  readonly kind: string;
  readonly clients: number;
  /** Connections that the server accepted. */
  readonly connections: number;
  /** How often a resource was found again under its uuid. */
  readonly returns: number;
  /** How often the client began anew under another uuid. */
  readonly fresh: number;
  /** How often a gap was told to `@Ready`. */
  readonly gaps: number;
  readonly received: number;
  /** What was due and did not come: of what the promise allows. */
  readonly missing: number;
}

/** What a run gave, in numbers. A run in which nothing happened proves nothing. */
export function figuresOf({ history }: ChaosOutcome): KindFigures[] {
  const kinds = [...new Set(history.clients.map(({ kind }) => kind))];
  const of = (kind: string): ClientHistory[] => history.clients.filter((client) => client.kind === kind);
  return kinds.map((kind) => sum(kind, of(kind), history.server));
}

function sum(kind: string, clients: readonly ClientHistory[], server: readonly ServerNote[]): KindFigures {
  const names = new Set(clients.map(({ client }) => client));
  const of = <N extends ServerNote['note']>(name: N): Extract<ServerNote, { note: N }>[] =>
    server.filter(
      (note): note is Extract<ServerNote, { note: N }> =>
        note.note === name && 'client' in note && names.has(note.client),
    );
  const connects = of('connect');
  const due = clients.map((client) => new TimelineReader(client).read(server).due.length);
  const received = clients.map((client) => new Set(client.received.map(({ id }) => id)).size);
  const total = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  return {
    kind,
    clients: clients.length,
    connections: connects.length,
    returns: connects.filter(({ fresh, asked }) => !fresh && asked !== undefined).length,
    fresh: connects.filter(({ fresh, attempt }) => fresh && attempt > 1).length,
    gaps: of('ready').filter(({ gap }) => gap).length,
    received: total(received),
    missing: total(due) - total(received),
  };
}

/** The report as text. */
export function textOf(outcome: ChaosOutcome, violations: readonly Violation[]): string {
  const figures = figuresOf(outcome);
  const columns = ['clients', 'connections', 'returns', 'fresh', 'gaps', 'received', 'missing'] as const;
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(24) : String(cell).padStart(12))).join('');
  const said = outcome.history.clients.flatMap((client) => client.said);
  return [
    row(['kind', ...columns]),
    ...figures.map((one) => row([one.kind, ...columns.map((column) => one[column])])),
    '',
    `faults: ${[...outcome.inflicted].map(([name, times]) => `${name} ${times}`).join(', ')}`,
    `messages of clients: ${said.length}, answered ${said.filter(({ outcome: how }) => how === 'answered').length}`,
    `refusals: ${[...outcome.refusals].map(([what, times]) => `${what} ${times}`).join(', ') || 'none'}`,
    `violations: ${violations.length}`,
    ...violations.slice(0, 50).map(({ client, kind, what, detail }) => `  ${client} (${kind}) ${what}: ${detail}`),
    ...(outcome.unsettled.length > 0 ? [`without the last message: ${outcome.unsettled.join(', ')}`] : []),
  ].join('\n');
}
