/** The embedded engine keeps the contract when it generates code, too. */

import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { contract } from "./suite.ts";

contract("embedded, generated code", async () => openEmbedded({ execution: "jit" }), false);
