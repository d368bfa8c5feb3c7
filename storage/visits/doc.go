// Package visits keeps home visits by staff to residents who agreed to them, with corrections, and the
// follow-ups as the scope of one person sees them.
package visits
