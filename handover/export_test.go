package handover

// ActOf returns what other rules than [Rules] would do.
func ActOf(rules []Rule, c Control, in Input, f Facts) (Act, error) {
	return rule(rules, Case{Control: c, Input: in.named(f.Settings), Facts: f})
}
