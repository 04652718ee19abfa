import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { parseEnvironment } from '../config/environment.js';
import { resourceAttributes, sampler } from './tracing.settings.js';

const settings = (variables: Record<string, string>) =>
  parseEnvironment({ ISSUER_BASE_URL: 'https://a.example.com', ALLOWED_AUDIENCES: 'x', ...variables });
const attributes = (variables: Record<string, string>) => resourceAttributes(settings(variables), '1.2.3');

it('names the service as it is called, unless it is told another name', () => {
  expect(attributes({})).toEqual({ 'service.name': 'expenses-api', 'service.version': '1.2.3' });
  expect(attributes({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a, team=b%20c,,=x' })).toMatchObject({
    'service.name': 'a',
    team: 'b c',
  });
  expect(
    attributes({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=a', OTEL_SERVICE_NAME: 'b' })['service.name'],
  ).toBe('b');
});

it('samples as OTEL_TRACES_SAMPLER says', () => {
  expect(sampler(settings({}))).toBeInstanceOf(ParentBasedSampler);
  expect(sampler(settings({ OTEL_TRACES_SAMPLER: 'always_off' })).toString()).toBe('AlwaysOffSampler');
  const ratio = sampler(settings({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }));
  expect(ratio).toBeInstanceOf(TraceIdRatioBasedSampler);
  expect(ratio.toString()).toContain('0.25');
});
