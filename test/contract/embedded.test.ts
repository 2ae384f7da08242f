/** The embedded engine keeps the contract. */

import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { contract } from "./suite.ts";

contract("embedded", async () => openEmbedded({ execution: "interpreter" }), false);
