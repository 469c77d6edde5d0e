// Package deploytest holds the rules of what is in deploy/ that no tool knows: the image has no root and
// no secrets, the compose file lets nobody write or gain rights, and whatever configures the program
// names variables that it reads. It has tests only.
package deploytest
