// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Testing

/// Expects what a mutating call returns, which `#expect` cannot take.
func check<Value: Equatable>(
    _ value: Value,
    _ expected: Value,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(value == expected, sourceLocation: sourceLocation)
}
