/** `node run-scenario.ts NAME`: runs one scenario and prints what it returned, as JSON. */

import * as events from "./event-scenarios.ts";
import * as others from "./scenarios.ts";

const scenarios = { ...others, ...events };
const name = process.argv[2];
const scenario = Object.entries(scenarios).find(([each]) => each === name)?.[1];
if (scenario === undefined) throw new RangeError(`no scenario ${name}; there are ${Object.keys(scenarios).join(", ")}`);
process.stdout.write(`${JSON.stringify(await scenario())}\n`);
