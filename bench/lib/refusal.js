/** An error that Fastify answers with the given status. */
export function refusal(statusCode, cause) {
  return Object.assign(new Error('refused', { cause }), { statusCode });
}

/** Express' error handler for the same; its own writes every refusal with its stack to the console. */
export function answerRefusal(error, _request, response, _next) {
  response.status(error.status ?? 500).end();
}
