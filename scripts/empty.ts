/** Stands in for packages that only development builds of dependencies ask for. */
export default {};
