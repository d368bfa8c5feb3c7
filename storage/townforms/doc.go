// Package townforms keeps a town's own forms by version, and what was answered to them.
package townforms
