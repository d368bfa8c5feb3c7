package account

import (
	"xintiexin/storage/person"
)

// officeRoleNames name the roles of the office.
var officeRoleNames = map[person.Role]string{person.Clerk: "办事员", person.Clinician: "医生", person.Admin: "管理员"}
