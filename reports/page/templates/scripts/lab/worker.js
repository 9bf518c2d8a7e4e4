// A worker: trains whatever it is sent to the end.

import { trained } from "./jobs.js";

addEventListener("message", ({ data: { number, settings, data } }) => postMessage({ number, result: trained(settings, data) }));
