// Package office is the pages of the township's office: imports, exports, settings,
// forms, staff, codes and posters.
package office
