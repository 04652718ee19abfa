import { startApi } from '../lib/api.js';

/** The API as it is operated: a line of log for every request, and metrics. */
export const start = (options) => startApi(options, { METRICS_PORT: '0' });
