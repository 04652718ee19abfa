import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The part of undici's request that its diagnostics channels promise. */
interface OutgoingRequest {
  readonly method: string;
  readonly origin: string;
  addHeader(name: string, value: string): void;
}

interface OutgoingEvent {
  readonly request: OutgoingRequest;
  readonly response?: { readonly statusCode: number };
}

/** Spans for what `fetch` sends, which is requests for the issuer's metadata and keys; passes the trace on (W3C). */
export class OutgoingSpans {
  private readonly spans = new WeakMap<OutgoingRequest, Span>();

  constructor(
    private readonly tracer: Tracer,
    private readonly propagator: TextMapPropagator,
  ) {}

  /** Has every request of `fetch` traced from now on, in the whole process. */
  start(): void {
    for (const [name, listener] of this.listeners) subscribe(name, listener);
  }

  /** Ends that. */
  stop(): void {
    for (const [name, listener] of this.listeners) unsubscribe(name, listener);
  }

  private readonly onCreate = ({ request }: OutgoingEvent): void => {
    const parent = context.active();
    const { host } = new URL(request.origin);
    const span = this.tracer.startSpan(
      `fetch ${request.method}`,
      {
        kind: SpanKind.CLIENT,
        attributes: { 'http.request.method': request.method, 'server.address': host },
      },
      parent,
    );
    this.spans.set(request, span);
    this.propagator.inject(trace.setSpan(parent, span), request, {
      set: (carrier: OutgoingRequest, name, value) => carrier.addHeader(name, value),
    });
  };

  private readonly onHeaders = ({ request, response }: OutgoingEvent): void => {
    this.spans.get(request)?.setAttribute('http.response.status_code', response!.statusCode);
  };

  private readonly onEnd = ({ request }: OutgoingEvent): void => {
    this.spans.get(request)?.end();
  };

  private readonly onError = ({ request }: OutgoingEvent): void => {
    this.spans.get(request)?.setStatus({ code: SpanStatusCode.ERROR }).end();
  };

  private readonly listeners = Object.entries({
    'undici:request:create': this.onCreate,
    'undici:request:headers': this.onHeaders,
    'undici:request:trailers': this.onEnd,
    'undici:request:error': this.onError,
  }) as [string, (event: unknown) => void][];
}
