import { startApi } from '../lib/api.js';

/** The API without the log and the metrics that no other server has either. */
export const start = (options) => startApi(options, { LOG_LEVEL: 'silent' });
