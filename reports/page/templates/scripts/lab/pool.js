// Many runs: in workers, or between the frames of the page where no worker can be started.

import { byId } from "../dom.js";
import { begun } from "./jobs.js";

const MOST_WORKERS = 4;
const SLICE = 12; // ms

function startWorker() {
  try {
    const address = URL.createObjectURL(new Blob([byId("worker").textContent], { type: "text/javascript" }));
    return new Worker(address);
  } catch {
    return null;
  }
}

// Train all settings; `done(number, result)` is told of each that ends. Returns how to stop.
export function trainAll(all, data, done) {
  const waiting = all.map((settings, number) => ({ number, settings }));
  const workers = new Set();
  let stopped = false;

  const give = (worker) => {
    worker.job = waiting.shift();
    if (worker.job) worker.postMessage({ ...worker.job, data });
    else end(worker);
  };
  const end = (worker) => {
    worker.terminate();
    workers.delete(worker);
  };
  const slices = () => {
    const job = waiting.shift();
    if (!job) return;
    const run = begun(job.settings, data);
    const next = () => {
      if (stopped) return;
      const result = run.advance(SLICE);
      if (!result) return requestAnimationFrame(next);
      done(job.number, result);
      slices();
    };
    requestAnimationFrame(next);
  };

  const many = Math.min(MOST_WORKERS, Math.max(2, navigator.hardwareConcurrency || 2), all.length);
  for (let i = 0; i < many; i++) {
    const worker = startWorker();
    if (!worker) break;
    workers.add(worker);
    worker.onmessage = ({ data: { number, result } }) => {
      if (stopped) return;
      done(number, result);
      give(worker);
    };
    worker.onerror = (event) => { // such as a browser that starts none for a file
      event.preventDefault();
      if (worker.job) waiting.unshift(worker.job);
      end(worker);
      if (!workers.size && !stopped) slices();
    };
    give(worker);
  }
  if (!workers.size) slices();
  return () => {
    stopped = true;
    workers.forEach(end);
  };
}
