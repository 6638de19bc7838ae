/**
 * Takes a CPU profile of a worker process: loaded with --import through NODE_OPTIONS, as --cpu-prof is not allowed
 * there. Writes `<pid>.cpuprofile` into MQBENCH_PROFILE when the process ends by itself.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const folder = process.env['MQBENCH_PROFILE'];
const intervalMicros = 500;

if (folder !== undefined && isMainThread) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
  session.post('Profiler.start');
  process.once('exit', () => {
    session.post('Profiler.stop', (error, answer) => {
      if (error === null) writeFileSync(join(folder, `${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
    });
  });
}
