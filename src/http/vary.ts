import type { FastifyReply } from 'fastify';

/** Says that an answer depends on a header of the request (RFC 9110, 12.5.5), beside the others that it depends on. */
export function addVary(reply: FastifyReply, name: string): void {
  const before = reply.getHeader('vary');
  const names = before === undefined ? [] : String(before).split(/\s*,\s*/);
  if (names.some((other) => other === '*' || other.toLowerCase() === name.toLowerCase())) return;
  void reply.header('vary', [...names, name].join(', '));
}
