import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Environment } from '../config/environment.js';

const SERVICE_NAME = 'expenses-api';

/** What OpenTelemetry's own variables say (OpenTelemetry specification, Environment Variables). */
export type TracingSettings = Pick<
  Environment,
  'OTEL_SERVICE_NAME' | 'OTEL_RESOURCE_ATTRIBUTES' | 'OTEL_TRACES_SAMPLER' | 'OTEL_TRACES_SAMPLER_ARG'
>;

/** What the spans are of: OTEL_SERVICE_NAME wins over a `service.name` among OTEL_RESOURCE_ATTRIBUTES. */
export function resourceAttributes(settings: TracingSettings, version: string): Record<string, string> {
  const { OTEL_RESOURCE_ATTRIBUTES: list = '', OTEL_SERVICE_NAME: name } = settings;
  const given = list.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 ? [[pair.slice(0, at).trim(), decode(pair.slice(at + 1).trim())] as const] : [];
  });
  return {
    'service.name': SERVICE_NAME,
    'service.version': version,
    ...Object.fromEntries(given),
    ...(name !== undefined && { 'service.name': name }),
  };
}

/** Which traces are kept; by default those that the caller keeps, and all that begin here. */
export function sampler({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: TracingSettings): Sampler {
  const root = rootSampler(name, ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: TracingSettings['OTEL_TRACES_SAMPLER'], ratio: number): Sampler {
  if (name.endsWith('always_off')) return new AlwaysOffSampler();
  return name.endsWith('traceidratio') ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
