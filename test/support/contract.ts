import { Injectable, Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccessRules } from '../../src/auth/index.js';
import { describeApi } from '../../src/docs/openapi.js';
import { operationsOf, type Response } from '../../src/docs/document.types.js';
import { SECURITY_HEADERS } from '../../src/http/security-headers.js';

/** What every HTTP answer may have, which no description of an API speaks of. */
const PLAIN_HEADERS = new Set([
  ...Object.keys(SECURITY_HEADERS),
  'allow',
  'connection',
  'content-length',
  'content-type',
  'date',
  'vary',
]);
/** Statuses that belong to no operation: another method's path, what is too slow or too large, and faults of ours. */
const OF_ANY_OPERATION = new Set([405, 408, 414, 417, 431, 500]);

const faults: string[] = [];

/** What was found since it was asked the last time. */
export function takeContractFaults(): string[] {
  return faults.splice(0);
}

afterEach(() => {
  const found = takeContractFaults();
  if (found.length > 0) throw new Error(`Answers are not as they are described:\n${found.join('\n')}`);
});

/** Holds every answer of an application against what the application says of it: its own OpenAPI description. */
@Injectable()
class Contract implements OnApplicationBootstrap, OnModuleInit {
  private document!: OpenAPIObject;
  private readonly ajv = formats.default(new Ajv({ strict: false, allErrors: true, logger: false }));

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly rules: AccessRules,
  ) {}

  onModuleInit(): void {
    const fastify = this.adapterHost.httpAdapter.getInstance();
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const found = this.faultsOf(request, reply, payload);
      const what = `${request.method} ${request.routeOptions.url} ${reply.statusCode}`;
      faults.push(...found.map((fault) => `${what}: ${fault}`));
      done(null, payload);
    });
  }

  /** Before the first request, whose time may be measured. */
  onApplicationBootstrap(): void {
    const { modules, config, rules } = this;
    const described = { modules, config, rules, takesProofs: true, needsRevocations: true };
    const endpoints = { authorizationUrl: 'https://issuer/authorize', tokenUrl: 'https://issuer/token' };
    this.document = describeApi(described, endpoints);
    this.ajv.addSchema(this.document, 'api');
  }

  private faultsOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): string[] {
    const { statusCode: status } = reply;
    const type = String(reply.getHeader('content-type') ?? '').split(';')[0]!;
    const place = this.placeOf(request);
    if (place === undefined) {
      return type.startsWith('application/problem')
        ? this.bodyFaults('#/components/schemas/Problem', payload)
        : [];
    }
    const { path, method } = place;
    const responses = this.document.paths[path]![method as 'get']!.responses;
    const key = responses[status] ? String(status) : 'default';
    if (key === 'default' && !OF_ANY_OPERATION.has(status)) return ['the status is not documented'];
    const response = responses[key] as Response;
    const unknown = Object.keys(reply.getHeaders()).filter((name) => !isKnown(name, response));
    const found = unknown.map((name) => `the header ${name} is not documented`);
    if (payload === undefined || payload === null || payload === '') return found;
    if (!response.content?.[type]) return [...found, `a body of the type ${type} is not documented`];
    const pointer = ['paths', path, method, 'responses', key, 'content', type, 'schema']
      .map(escape)
      .join('/');
    return [...found, ...this.bodyFaults(`#/${pointer}`, payload)];
  }

  /** Where the operation is described that answers a request; nowhere for paths that are there for nobody. */
  private placeOf({ method, routeOptions }: FastifyRequest) {
    const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
    const template = (routeOptions.url ?? '').replaceAll(/:(\w+)/g, '{$1}');
    for (const place of operationsOf(this.document)) {
      if (place.method === asked && place.path === template) return place;
    }
    return undefined;
  }

  private bodyFaults(pointer: string, payload: unknown): string[] {
    // A file that is still being read is a stream, and text.
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return [];
    const validate = this.ajv.getSchema(`api${pointer}`) as ValidateFunction;
    const text = String(payload);
    const isJson = !pointer.includes('text~1csv');
    if (validate(isJson ? JSON.parse(text) : text)) return [];
    return [`${this.ajv.errorsText(validate.errors)}: ${text.slice(0, 300)}`];
  }
}

function isKnown(name: string, { headers = {} }: Response): boolean {
  if (PLAIN_HEADERS.has(name) || name.startsWith('access-control-')) return true;
  return Object.keys(headers).some((documented) => documented.toLowerCase() === name);
}

/** RFC 6901, 3, in a URI fragment. */
function escape(segment: string): string {
  return encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** Add it to an application under test, and a test fails when an answer is not as it is described. */
@Module({ providers: [Contract] })
export class ContractModule {}
