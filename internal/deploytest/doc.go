// Package deploytest holds the rules of what is in deploy/ that no tool knows: the image has no root and
// no secrets, the compose file lets nobody write or gain rights, a replica admits less before its memory
// ends it, backups are proved, and whatever configures the program names variables that it reads. Requests
// are sent through the balancers' configurations to stand-ins. It has tests only.
package deploytest
