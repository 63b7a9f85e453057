// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Metastore {
    /// Checks that a caller may execute a model service.
    ///
    /// - Throws: ``GatewayError/Code/forbidden``, naming the privilege that is missing and on what.
    package func checkExecute(_ service: ObjectName, by caller: Caller) throws(GatewayError) {
        try checkExecute(along: Securable.modelService(service).path, by: caller)
    }

    /// The same for a service whose path is at hand.
    func checkExecute(along path: [Securable], by caller: Caller) throws(GatewayError) {
        guard let lacking = missing(.execute, caller, along: path) else { return }
        let object = lacking.securable.sqlName
        throw GatewayError(
            .forbidden,
            "User does not have \(lacking.privilege.sqlName) privilege on \(object). Ask an administrator to grant it to '\(caller.name)'."
        )
    }
}

extension Snapshot {
    /// Checks that a caller may execute a model service, without a look at grants where everybody may.
    ///
    /// - Throws: ``GatewayError/Code/forbidden``, as ``GatewayCore/Metastore/checkExecute(_:by:)`` does.
    func checkExecute(_ service: PreparedService, by caller: Caller) throws(GatewayError) {
        // A provider service was checked when it was looked up.
        if service.isOpenToAll || caller.isAdministrator || service.service.isDirect { return }
        try metastore.checkExecute(along: service.path, by: caller)
    }

    /// Whether a caller may execute a model service.
    func mayExecute(_ service: PreparedService, _ caller: Caller) -> Bool {
        (try? checkExecute(service, by: caller)) != nil
    }
}
