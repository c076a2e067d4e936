import type { Findings } from './results';

/** One line of the picture: what each server cost on one job, as a ratio to the base. */
export interface PictureRow {
  readonly label: string;
  readonly ratios: ReadonlyMap<string, number>;
}

const FRAMEWORK = 'Ionosphere';

/** How servers are drawn, in the order of the legend: colours that can be told apart on white and on black. */
const looks: readonly { readonly server: string; readonly colour: string; readonly shape: Shape }[] = [
  { server: FRAMEWORK, colour: '#e8590c', shape: 'dot' },
  { server: 'socket.io (uWS)', colour: '#9775fa', shape: 'triangle' },
  { server: 'ws', colour: '#339af0', shape: 'circle' },
  { server: 'Fastify', colour: '#20a39a', shape: 'square' },
  { server: 'socket.io (ws)', colour: '#9775fa', shape: 'circle' },
  { server: 'NestJS (ws)', colour: '#e64980', shape: 'diamond' },
  { server: 'SockJS', colour: '#a3894a', shape: 'square' },
  { server: 'Node http', colour: '#5c9e31', shape: 'diamond' },
];

type Shape = 'dot' | 'circle' | 'square' | 'diamond' | 'triangle';

const WIDTH = 960;
const LEFT = 336;
const RIGHT = 884;
const TOP = 116;
const ROW = 27;
const LEAST = 0.8;
const LEGEND_COLUMN = 140;
const LEGEND_COLUMNS = 4;

/** Jobs that have a ratio, in the order of the report; of idle memory, what a connection takes in all. */
export function rowsOf({ jobs, idle }: Pick<Findings, 'jobs' | 'idle'>): PictureRow[] {
  const measured = jobs
    .filter(({ role }) => role === 'framework' || role === 'peer')
    .map(({ about, server, ratio }) => ({ label: about, server, ratio: ratio.median }));
  const idling = idle.flatMap((finding) => {
    const base = idle.find(({ job }) => job === finding.job);
    if (!base || base === finding) return [];
    const ratio = finding.micros === undefined ? ratioOf(finding.resident, base.resident) : finding.beyond;
    return [{ label: finding.about, server: finding.server, ratio }];
  });
  const rows = new Map<string, Map<string, number>>();
  for (const { label, server, ratio } of [...measured, ...idling])
    rows.set(label, (rows.get(label) ?? new Map<string, number>()).set(server, ratio));
  return [...rows].map(([label, ratios]) => ({ label, ratios }));
}

function ratioOf(own = NaN, base = NaN): number {
  return own / base;
}

/** A picture in SVG. It takes the colours of the page's theme, light or dark, from whoever looks at it. */
export function pictureOf(rows: readonly PictureRow[]): string {
  const largest = Math.max(2, ...rows.flatMap(({ ratios }) => [...ratios.values()]));
  const x = (ratio: number): number =>
    LEFT + ((RIGHT - LEFT) * Math.log(Math.max(ratio, LEAST) / LEAST)) / Math.log((largest * 1.1) / LEAST);
  const height = TOP + rows.length * ROW + 34;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    '<title>What servers cost, as a ratio to raw uWebSockets.js doing the same job</title>',
    style,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    '<text class="title" x="20" y="32">What it costs, beside raw uWebSockets.js</text>',
    '<text class="note" x="20" y="51">CPU per message, or what the line says, of the same job in the same run. 1 is raw uWebSockets.js; for gRPC, bare grpc-js. Less is better.</text>',
    ...legend(rows),
    ...ticksUpTo(largest).map((tick) => gridLine(tick, x(tick), TOP + rows.length * ROW)),
    ...rows.map((row, index) => line(row, TOP + index * ROW + ROW / 2, x)),
    '</svg>\n',
  ].join('\n');
}

const style = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 17px; font-weight: 600; }
  .note, .tick { font-size: 12px; fill: #57606a; }
  .own { font-weight: 700; fill: #d9480f; }
  .page { fill: #ffffff; }
  .grid { stroke: #d8dee4; }
  .raw { stroke: #57606a; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .tick { fill: #9198a1; }
    .own { fill: #ff922b; }
    .page { fill: #0d1117; }
    .grid { stroke: #2d333b; }
    .raw { stroke: #9198a1; }
  }
</style>`;

function legend(rows: readonly PictureRow[]): string[] {
  const shown = looks.filter(({ server }) => rows.some(({ ratios }) => ratios.has(server)));
  return shown.map(({ server, colour, shape }, index) => {
    const x = LEFT + (index % LEGEND_COLUMNS) * LEGEND_COLUMN;
    const y = 72 + Math.floor(index / LEGEND_COLUMNS) * 19;
    return `${mark(shape, colour, x, y)}<text x="${x + 11}" y="${y + 4}">${escaped(server)}</text>`;
  });
}

function ticksUpTo(largest: number): number[] {
  return [1, 2, 4, 8, 16, 32, 64, 128].filter((tick) => tick <= largest * 1.1);
}

function gridLine(tick: number, x: number, bottom: number): string {
  return (
    `<line class="${tick === 1 ? 'raw' : 'grid'}" x1="${fixed(x)}" x2="${fixed(x)}" y1="${TOP - 4}" y2="${bottom + 4}"/>` +
    `<text class="tick" x="${fixed(x)}" y="${bottom + 21}" text-anchor="middle">${tick}</text>`
  );
}

/** Marks of a line, the framework's on top, and its figure in the margin. */
function line({ label, ratios }: PictureRow, y: number, x: (ratio: number) => number): string {
  const marks = looks
    .filter(({ server }) => ratios.has(server))
    .toReversed()
    .map(({ server, colour, shape }) => mark(shape, colour, x(ratios.get(server) ?? NaN), y));
  const own = ratios.get(FRAMEWORK);
  return [
    `<text x="${LEFT - 14}" y="${y + 4}" text-anchor="end">${escaped(label)}</text>`,
    ...marks,
    own === undefined
      ? ''
      : `<text class="own" x="${WIDTH - 20}" y="${y + 4}" text-anchor="end">${own.toFixed(2)}</text>`,
  ].join('');
}

function mark(shape: Shape, colour: string, x: number, y: number): string {
  const [left, right, above, below] = [x - 5, x + 5, y - 5, y + 5].map(fixed);
  const hollow = `fill="${colour}" fill-opacity="0.25" stroke="${colour}" stroke-width="1.6"`;
  if (shape === 'dot') return `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="6" fill="${colour}"/>`;
  if (shape === 'circle') return `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="4.6" ${hollow}/>`;
  if (shape === 'square') return `<path d="M${left} ${above}H${right}V${below}H${left}Z" ${hollow}/>`;
  if (shape === 'triangle') return `<path d="M${left} ${below}L${fixed(x)} ${above}L${right} ${below}Z" ${hollow}/>`;
  return `<path d="M${left} ${fixed(y)}L${fixed(x)} ${above}L${right} ${fixed(y)}L${fixed(x)} ${below}Z" ${hollow}/>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
