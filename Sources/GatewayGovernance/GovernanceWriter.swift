// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Carries out changes to what is governed: one after the other, each wholly or not at all.
package protocol GovernanceWriter: Sendable {
    /// Runs a transaction on what is governed now, writes what it changed, and then has every later call see it.
    ///
    /// The transaction may run more than once, when another process has changed something meanwhile.
    /// - Parameters:
    ///   - actor: Who makes the change.
    ///   - body: The transaction.
    /// - Returns: What the transaction returned.
    /// - Throws: What the transaction threw; ``GatewayError/Code/overloaded`` when the store cannot be written, and then nothing is changed.
    func write<Value: Sendable>(
        by actor: Actor,
        _ body: @escaping @Sendable (inout CatalogTransaction) throws(GatewayError) -> Value
    ) async throws(GatewayError) -> Value

    /// Stores an access token, which is valid when this returns.
    func create(_ token: AccessToken, by actor: Actor) async throws(GatewayError)

    /// Removes an access token, which is not valid any longer when this returns.
    ///
    /// - Returns: Whether there was one.
    func revoke(_ token: AccessToken, by actor: Actor) async throws(GatewayError) -> Bool
}
