/** For census.test.ts: `node stays-attached.ts GROUP` leaves a program at a control group in which nobody is, as what manages services does. */

import { LinuxEngine } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { withoutGroupLinks } from "../linux/older-kernels.ts";

const [, , group = ""] = process.argv;
// Without links the group holds the program, also when this process is gone.
const engine = new LinuxEngine(withoutGroupLinks(await openNative()), { ...MACHINE, release: "5.6.0" });
const programs = [program("stays", "cgroup/connect4")];
const collection = await engine.load({ name: "stays", license: "GPL", types: null, maps: [], programs });
await collection.programs["stays"]?.attach({ cgroup: group });
process.stdout.write("true\n", () => process.exit(0));
