// Package simulate makes up a club that never was: its places, devices, members, bookings and staff
// (Populate), what its members write (Scenario, Day, EdgeTexts), and how hard they can write it (Load).
//
// Everything follows from a seed: the same seed, sizes and instant give the same club, day and load,
// but for ids, which are made anew. Vendors' fakes live in the package vendor below this one; here
// they are seen through the interface Vendors only.
//
// Nothing here is imported by a room of the product: the wiring and tests are its only callers.
// Numbers are of the range that is reserved for fiction (+1 NXX 555 01XX), addresses are of example.com
// and its siblings, so that a mistake reaches nobody.
package simulate
