import os from 'node:os';
import { installedVersions } from './versions.js';

/** When, where and with what something is measured, as of now. */
export function surroundings() {
  const [loadAverageBefore] = os.loadavg();
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: os.cpus()[0].model.trim(),
      cores: os.cpus().length,
      memoryGiB: Math.round(os.totalmem() / 2 ** 30),
      kernel: `${os.type()} ${os.release()}`,
      loadAverageBefore,
    },
    node: process.version,
    versions: installedVersions(),
  };
}
