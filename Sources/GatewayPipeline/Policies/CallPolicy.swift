// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// What the gateway checks, changes or notes of calls beside serving them: a limit, a guardrail, a log.
///
/// A policy is one type and one line in ``Gateway/policies(logger:)``. The moments of a call at which it is asked are protocols of their own, and a policy conforms to
/// those that concern it. In the order in which they come: ``HeadPolicy``, ``RequestPolicy``, ``ReviewPolicy``, ``AttemptPolicy``, ``EndPolicy``. At each moment
/// policies are asked in the order of the list, and one that throws ends the call: those after it are not asked, but for ``EndPolicy``.
package protocol CallPolicy: Sendable {}

/// Is asked once the caller is known, before the body of the request is read.
package protocol HeadPolicy: CallPolicy {
    /// Looks at the head of a request.
    ///
    /// - Throws: What refuses the call.
    func checkHead(of call: inout Call) throws(GatewayError)
}

/// Is asked once the model service is known and the caller may execute it, before anything goes upstream.
package protocol RequestPolicy: CallPolicy {
    /// Looks at a request, and may reserve something for the call with ``Call/settle(_:)``.
    ///
    /// - Throws: What refuses the call.
    func check(_ call: inout Call) async throws(GatewayError)
}

/// Is asked whether it looks into the content of a call, once nothing else has refused it: into the request, then into the answer.
package protocol ReviewPolicy: CallPolicy {
    /// What looks into the content of one call; nil where the policy does not concern it, which then costs nothing.
    func contentPolicy(for call: borrowing Call) -> (any ContentPolicy)?
}

/// Is asked before each attempt.
package protocol AttemptPolicy: CallPolicy {
    /// Looks at the destination that is about to be asked.
    ///
    /// - Throws: What rules it out. Where the code of the error allows a fallback, the next destination is tried.
    func check(_ call: inout Call, at destination: Destination) throws(GatewayError)
}

/// Is asked when a call has ended, however it did.
package protocol EndPolicy: CallPolicy {
    /// Takes note of a call with the row that it leaves.
    func note(_ record: UsageRecord, of call: borrowing Call)
}

/// The policies of a gateway, by the moments at which they are asked.
struct CallPolicies: Sendable {
    let head: [any HeadPolicy]
    let request: [any RequestPolicy]
    let review: [any ReviewPolicy]
    let attempt: [any AttemptPolicy]
    let end: [any EndPolicy]

    init(_ policies: [any CallPolicy]) {
        head = policies.compactMap { $0 as? any HeadPolicy }
        request = policies.compactMap { $0 as? any RequestPolicy }
        review = policies.compactMap { $0 as? any ReviewPolicy }
        attempt = policies.compactMap { $0 as? any AttemptPolicy }
        end = policies.compactMap { $0 as? any EndPolicy }
    }
}
