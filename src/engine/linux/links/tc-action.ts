/** Programs as actions of traffic control: a filter that takes every packet runs one. linux/pkt_cls.h, linux/tc_act/tc_bpf.h. */

import { attribute, joined, nested, number, text } from "../route-messages.ts";
import { TCA_ACT, TCA_ACT_BPF } from "../route-numbers.ts";
import type { FilterKind } from "./tc-filter.ts";

const TCA_MATCHALL_ACT = 2;
/** Of a program that says `TC_ACT_UNSPEC`: go on with the next. */
const TC_ACT_PIPE = 3;
/** `tc_gen`: index, capabilities, action, two counters. */
const TC_GEN = 20;

/** Such filters need the modules cls_matchall (4.8) and act_bpf (4.1); their options are not exchanged in place. */
export const ACTION: FilterKind = {
  name: "matchall",
  options(program, name) {
    const parameters = new Uint8Array(TC_GEN);
    new DataView(parameters.buffer).setInt32(8, TC_ACT_PIPE, true);
    const given = joined([
      attribute(TCA_ACT_BPF.parameters, parameters),
      attribute(TCA_ACT_BPF.descriptor, number(program)),
      attribute(TCA_ACT_BPF.name, text(name)),
    ]);
    // A list of actions, by their places from 1 on.
    return nested(TCA_MATCHALL_ACT, nested(1, attribute(TCA_ACT.kind, text("bpf")), nested(TCA_ACT.options, given)));
  },
};
