// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

/// Looks at the events of a stream that is relayed.
package protocol StreamObserver: Sendable {
    /// The largest text that ``writeReplacement(into:)`` writes, in bytes; 0 for observers that never replace anything.
    static var maximumReplacement: Int { get }

    /// Notes what an event says.
    ///
    /// - Returns: What the client gets of it.
    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition

    /// Writes what comes in place of the part of the latest event that is replaced.
    func writeReplacement(into output: inout RawOutput)

    /// Notes the end of the body, for formats whose streams simply end.
    mutating func observeEnd(_ observation: inout ResponseObservation)
}

extension StreamObserver {
    package static var maximumReplacement: Int { 0 }
    package func writeReplacement(into output: inout RawOutput) {}
    package mutating func observeEnd(_ observation: inout ResponseObservation) {}
}

/// An event of a relayed stream; valid only during the call.
package struct ObservedEvent {
    /// The value of the `event:` line, empty without one.
    package let name: UnsafeRawBufferPointer
    package let data: UnsafeRawBufferPointer

    /// Whether the event has this name.
    @inline(__always)
    package func isNamed(_ name: StaticString) -> Bool { self.name.equals(name) }

    /// Whether the data is this text.
    @inline(__always)
    package func isData(_ text: StaticString) -> Bool { data.equals(text) }
}

/// What becomes of a relayed event.
package enum EventDisposition {
    /// It goes on as it is.
    case forward
    /// The client does not get it.
    case hide
    /// It goes on with another text in place of a part of its data, by indices into the data.
    case replace(Range<Int>)
}
