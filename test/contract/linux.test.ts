/** The kernel keeps the contract. Runs where this process may use bpf(2); a test file is a process of its own. */

import { openLinux, probeLinux } from "../../src/engine/linux/engine.ts";
import { contract } from "./suite.ts";
import "../kernel/leaks.ts";

const { available, reason } = probeLinux();
contract("linux", openLinux, available ? false : `the Linux engine: ${reason}`);
