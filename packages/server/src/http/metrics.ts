import type { App, HttpAnswer } from '@ionosphere/core';
import type { RouteRequest } from './http-routes';

/** What a metric says, its type, and its values by their labels. */
type Metric = readonly [
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: Readonly<Record<string, number>>,
];

/**
 * A route that shows the counters to Prometheus: `routes: { 'GET /metrics': metrics }`. It is open to whoever can reach the
 * server: let a proxy keep the path to yourself, or call it from a route of your own that checks who asks.
 */
export function metrics(_request: RouteRequest, app: App): HttpAnswer {
  const body = metricsOf(app).map(lines).join('');
  return { status: 200, headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }, body };
}

function metricsOf({ counters }: App): Metric[] {
  const { connections, connected, resources, messagesIn, messagesOut, gaps, failures, limits } = counters.snapshot();
  return [
    ['ionosphere_connections', 'gauge', 'Connections that there are.', labelled('transport', connections)],
    ['ionosphere_connections_total', 'counter', 'Connections that there were.', labelled('transport', connected)],
    ['ionosphere_resources', 'gauge', 'Resources, those that are away included.', { '': resources }],
    ['ionosphere_messages_in_total', 'counter', 'Messages from clients.', { '': messagesIn }],
    ['ionosphere_messages_out_total', 'counter', 'Messages broadcast, or sent to one resource.', { '': messagesOut }],
    ['ionosphere_gaps_total', 'counter', 'Clients that were back and had lost something.', { '': gaps }],
    ['ionosphere_failures_total', 'counter', 'Failures that clients were told.', labelled('code', failures)],
    ['ionosphere_limits_total', 'counter', 'Times that a limit was reached.', labelled('limit', limits)],
  ];
}

function labelled(label: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`{${label}="${name}"}`, value]));
}

/** The text format of Prometheus, version 0.0.4. */
function lines([name, type, help, values]: Metric): string {
  const samples = Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
}
