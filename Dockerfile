# The API. `docker build .` makes the last stage; `--target lab` makes the three programs of the lab instead.
#
# The base image by its digest, so that a build today and one in a month are the same. To renew it, put in what
# `docker buildx imagetools inspect node:24-bookworm-slim` calls Digest; Dependabot (.github/dependabot.yml) proposes it weekly.
ARG NODE_IMAGE=node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/lock-is-current.js scripts/
RUN node scripts/lock-is-current.js && npm install --workspaces=false --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
# `--build-arg PGLITE=include` for the embedded database, which an API beside PostgreSQL has no use for (30 MB).
ARG PGLITE=omit
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Peers are the TypeScript compiler, which the documentation would need at build time only.
RUN npm install --omit=dev --omit=peer --${PGLITE}=optional --workspaces=false --ignore-scripts --no-audit --no-fund
# What is in node_modules, for whoever looks for known weaknesses.
RUN npm pkg delete devDependencies workspaces && npm sbom --sbom-format=cyclonedx > sbom.cdx.json

FROM ${NODE_IMAGE} AS lab
WORKDIR /app
RUN chown node:node .
USER node
COPY --chown=node:node . .
RUN npm install --no-audit --no-fund
# Not by npm, which would not hand a signal on.
CMD ["node", "scripts/lab.ts"]

FROM ${NODE_IMAGE} AS api
ENV NODE_ENV=production
ENV HOST=0.0.0.0
# glibc would keep a heap for each of V8's threads that compile, and give little of it back (docs/operations.md, Sizing).
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY --from=build /app/dist ./dist
COPY package.json ./
USER node
EXPOSE 3001
# Whether the process answers at all: an orchestrator restarts what is unhealthy, which mends no database that is away.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3001}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# A small young generation: much less memory for a few per cent of CPU with new tokens. A limit of the old one: V8 lets a heap
# grow beyond what is in it the more, the larger it may become (docs/operations.md, Sizing).
CMD ["node", "--max-semi-space-size=4", "--max-old-space-size=2000", "dist/main.js"]
