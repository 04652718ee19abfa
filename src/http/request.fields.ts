/** What the parts of the application leave on a request for one another. */
declare module 'fastify' {
  interface FastifyRequest {
    /** `code` of the problem that the request is answered with. */
    problemCode: string | undefined;
    /** Why exactly its access token was refused; a closed list. */
    refusalReason: string | undefined;
  }
}

/** The fields that every request has from the start, so that setting one does not change the object's shape. */
export const requestFields = ['user', 'problemCode', 'refusalReason'] as const;
