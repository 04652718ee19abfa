# The API. `docker build .` makes the last stage; `--target lab` makes the three programs of the lab instead.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --workspaces=false --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS lab
WORKDIR /app
COPY . .
RUN npm install --no-audit --no-fund && chown -R node:node .
USER node
# Not by npm, which would not hand a signal on.
CMD ["node", "scripts/lab.ts"]

FROM node:24-bookworm-slim AS api
ENV NODE_ENV=production
ENV HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
USER node
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3001}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# A small young generation: much less memory for a few per cent of CPU with new tokens (docs/operations.md, Sizing).
CMD ["node", "--max-semi-space-size=4", "dist/main.js"]
