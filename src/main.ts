import { Logger } from '@nestjs/common';
import { createApp } from './app.js';
import { isHelp } from './process/command.js';
import { productionWarnings } from './config/production.js';
import { endOnSignals, stopOnSignals } from './process/graceful-stop.js';
import { reportStartFailure } from './process/start-failure.js';

const USAGE = `npm start
Starts the API. It has no options: its settings are environment variables, or lines of .env, which .env.example explains.`;

endOnSignals();

try {
  if (isHelp(USAGE)) process.exit();
  const { app, environment } = await createApp();
  stopOnSignals(app, {
    graceSeconds: environment.SHUTDOWN_GRACE,
    timeoutSeconds: environment.SHUTDOWN_TIMEOUT,
  });
  const logger = new Logger('Main');
  for (const warning of productionWarnings(environment)) logger.warn(warning);
  // After the handlers of signals: a supervisor may stop the process as soon as it answers.
  await app.listen(environment.PORT, environment.HOST);
  logger.log(`The expenses API listens on ${await app.getUrl()}`);
} catch (error) {
  reportStartFailure(error);
  process.exit(1);
}
