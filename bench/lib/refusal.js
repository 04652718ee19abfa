/** An error that Fastify answers with the given status. */
export function refusal(statusCode, cause) {
  return Object.assign(new Error('refused', { cause }), { statusCode });
}
