// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension Span where Element: ~Copyable {
    /// Lends each element in turn.
    ///
    /// A loop over an array of structs copies each one, with a retain for all that it refers to: a tenth of the cost of a
    /// usage row. Here elements need not be copyable, so the compiler cannot copy them.
    package func forEach<Failure>(_ body: (borrowing Element) throws(Failure) -> Void) throws(Failure) {
        for index in indices { try body(self[index]) }
    }
}
