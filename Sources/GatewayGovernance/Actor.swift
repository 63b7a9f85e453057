// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Who changes something, from where and when: what an audit record says of it.
package struct Actor: Sendable {
    package var caller: Caller
    /// The client's address; nil for a command on the gateway's own machine.
    package var sourceAddress: String?
    package var userAgent: String?
    package var requestID: String?
    /// Microseconds since 1970 UTC.
    package var time: Int64

    package init(
        _ caller: Caller,
        sourceAddress: String? = nil,
        userAgent: String? = nil,
        requestID: String? = nil,
        time: Int64
    ) {
        self.caller = caller
        self.sourceAddress = sourceAddress
        self.userAgent = userAgent
        self.requestID = requestID
        self.time = time
    }
}
