/** Debian 12's kernel. */

import { testInGuest } from "./suite.ts";

await testInGuest("6.1");
