import { readFileSync } from 'node:fs';
import { ionosphere, raw } from './contenders';
import { connect, fan, rooms, type Job } from './jobs';
import { measure, type Settings } from './measure';
import { medianSample, type Sample } from './sample';

/** How a cost grows with something. */
export interface Curve {
  readonly name: string;
  readonly about: string;
  /** Of what there is more and more. */
  readonly over: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly at: number;
  readonly job: Job;
}

/** What was found out at one point. */
export interface CurveFinding {
  readonly curve: string;
  readonly about: string;
  readonly over: string;
  readonly at: number;
  readonly unit: Job['unit'];
  readonly base: Sample;
  readonly framework: Sample;
}

/** Deliveries of one turn. */
const DELIVERIES = 60_000;

function curve(
  name: string,
  about: string,
  over: string,
  values: readonly number[],
  jobAt: (at: number) => Job,
): Curve {
  return { name: `curve-${name}`, about, over, points: values.map((at) => ({ at, job: { ...jobAt(at), peers: [] } })) };
}

/** Where the limit of open files is lower, as many as it allows. */
function subscribersAt(): number[] {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limitsOfProcess())?.[1] ?? Infinity);
  return [10, 100, 1000, 5000, Math.min(20_000, limit - 200)];
}

function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

function fanTo(subscribers: number): Job {
  const depth = 8;
  return fan(depth, Math.max(1, Math.round(DELIVERIES / subscribers / depth)) * depth, subscribers);
}

function fanOf(messageBytes: number): Job {
  const count = Math.max(30, Math.round(DELIVERIES / 100 / (1 + messageBytes / 1024)));
  return { ...fan(1, count, 100), messageBytes };
}

/** One broadcast to each of a thousand of them, or of all if there are fewer. */
function fanIn(broadcasters: number): Job {
  const perMessage = Math.min(broadcasters, 1000);
  const job = rooms(broadcasters, Math.min(10 * broadcasters, 1000), perMessage);
  return { ...job, count: Math.max(1, Math.round(DELIVERIES / (10 * perMessage))) };
}

function fanBeside(away: number): Job {
  return { ...fan(8, 600, 100), framework: ionosphere('/away', 'websocket', true), away };
}

function connectTo(services: number): Job {
  const path = `/service-${services - 1}`;
  const args = [String(services)];
  return {
    ...connect,
    base: { ...raw('services', path), args },
    framework: { ...ionosphere(path), program: 'dist/peers/ionosphere-services.js', args },
  };
}

export const curves: readonly Curve[] = [
  curve('subscribers', 'fan-out to WebSockets, 8 in flight', 'subscribers', subscribersAt(), fanTo),
  curve('payload', 'fan-out to 100 WebSockets, 1 in flight', 'bytes', [64, 512, 4096, 16_384, 65_536], fanOf),
  curve('broadcasters', '10 subscribers each, of 1000 WebSockets', 'broadcasters', [1, 100, 10_000, 100_000], fanIn),
  curve('away', 'fan-out to 100 WebSockets, 8 in flight', 'resources away', [0, 1000, 10_000, 100_000], fanBeside),
  curve('services', 'connect, handshake, first message, goodbye', 'services', [1, 10, 100, 1000], connectTo),
];

/** Measures all points of a curve. */
export async function measureCurve({ name, about, over, points }: Curve, settings: Settings): Promise<CurveFinding[]> {
  const findings: CurveFinding[] = [];
  for (const { at, job } of points) {
    process.stderr.write(`bench:   ${at} ${over}\n`);
    const [base, framework] = await measure(job, { ...settings, again: false, memory: true });
    const [baseSample, ownSample] = [base, framework].map((series) => medianSample(series?.samples ?? []));
    findings.push({
      ...{ curve: name, about, over, at, unit: job.unit },
      base: baseSample as Sample,
      framework: ownSample as Sample,
    });
  }
  return findings;
}

const columns = [
  'curve',
  'at',
  'raw, µs',
  'Ionosphere, µs',
  'ratio',
  'raw, memory',
  'Ionosphere, memory',
  'start: raw',
  'Ionosphere',
];

/** The findings as a table in Markdown. */
export function curveTableOf(findings: readonly CurveFinding[]): string {
  const rows = findings.map(({ curve: name, about, over, at, unit, base, framework }, index) => [
    name === findings[index - 1]?.curve ? '' : `**${name}**: ${about}, per ${unit}`,
    `${at} ${over}`,
    base.micros.toFixed(2),
    framework.micros.toFixed(2),
    `**${(framework.micros / base.micros).toFixed(2)}**`,
    megabytes(base.memory),
    megabytes(framework.memory),
    ...[base, framework].map(({ startMicros }) => (startMicros > 0 ? `${(startMicros / 1000).toFixed(1)} ms` : '')),
  ]);
  const divider = columns.map((_, index) => (index < 1 ? '---' : '--:'));
  return [columns, divider, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
