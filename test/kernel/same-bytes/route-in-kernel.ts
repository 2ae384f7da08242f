/** `node route-in-kernel.ts LAN WAN`: what the kernel answers in the network namespace that this runs in, as JSON. */

import { openEngine } from "../../../src/engine/open.ts";
import { compileScenario } from "./objects.ts";
import { addressOf, observeRouting } from "./observe-routing.ts";
import { questions } from "./routing.ts";

const [lan = 0, wan = 0] = process.argv.slice(2).map(Number);
await using engine = await openEngine("linux");
const answers = await observeRouting(engine, compileScenario("route"), questions(lan, wan, addressOf));
process.stdout.write(`${JSON.stringify(answers)}\n`);
