// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How long a model service waits; nil where the provider service says it, or nobody does.
package struct CallTimeouts: Sendable, Hashable {
    /// Until the connection, TLS included, is there.
    package var connect: Duration?
    /// From the connection to the first content of a stream, or to the head of any other answer.
    package var firstToken: Duration?
    /// Between two bytes of an answer.
    package var idle: Duration?
    /// From the first attempt to the end of the answer, all attempts together.
    package var total: Duration?

    package init() {}

    /// A provider service's times, with these in the place of its own.
    package func over(_ timeouts: ProviderService.Timeouts) -> ProviderService.Timeouts {
        var timeouts = timeouts
        timeouts.connect = connect ?? timeouts.connect
        // The head comes no later than the content.
        timeouts.firstByte = firstToken ?? timeouts.firstByte
        timeouts.idle = idle ?? timeouts.idle
        return timeouts
    }
}
