// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Ends the process with status 1.
func fatalExit() -> Never { exit(1) }

/// Elements of an array or object, with commas between them.
func list(_ count: Int, _ element: (Int) -> String) -> String {
    (0..<count).map(element).joined(separator: ",")
}

/// Texts without anything between them.
func run(_ count: Int, _ element: (Int) -> String) -> String {
    (0..<count).map(element).joined()
}
