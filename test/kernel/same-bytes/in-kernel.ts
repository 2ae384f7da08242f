/** `node in-kernel.ts SCENARIO CPU PACKETS`: what the kernel makes of a scenario, as JSON. A child process: see ../child.ts. */

import { openEngine } from "../../../src/engine/open.ts";
import { corpus } from "./corpus.ts";
import { compileScenario, SCENARIOS } from "./objects.ts";
import { observe } from "./observe.ts";

const [name = "", cpu = "v3", count = "1"] = process.argv.slice(2);
const scenario = SCENARIOS.find((each) => each.name === name);
if (scenario === undefined)
  throw new RangeError(`no scenario ${name}; there are ${SCENARIOS.map((each) => each.name).join(", ")}`);
await using engine = await openEngine("linux");
const observation = await observe(engine, compileScenario(name, cpu), scenario, corpus(Number(count)));
process.stdout.write(`${JSON.stringify(observation)}\n`);
