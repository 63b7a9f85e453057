// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// What a SCIM request says of a principal: attributes that are set or removed, and members.
///
/// Bodies come from many identity providers, so that what this gateway has no use for (names, roles, entitlements, extensions) is passed over, as RFC 7644 (3.3) allows;
/// what it uses is checked.
package struct SCIMBody: Sendable, Equatable {
    /// `userName`, `applicationId` or the `displayName` of a group.
    package var name: String?
    /// nil inside for a removed one.
    package var displayName: String??
    package var externalID: String??
    package var isActive: Bool?
    /// Members to add.
    package var added: Set<Int64> = []
    /// Members to remove.
    package var removed: Set<Int64> = []
    /// Whether all other members go.
    package var replacesMembers = false

    private let kind: Principal.Kind

    /// Reads the body of `POST` and `PUT`.
    package init(_ body: JSONValue, of kind: Principal.Kind) throws(GatewayError) {
        self.kind = kind
        try set(body)
    }

    /// Reads the body of `PATCH`: operations, in order (RFC 7644, 3.5.2).
    package init(patch body: JSONValue, of kind: Principal.Kind) throws(GatewayError) {
        self.kind = kind
        guard let operations = body.object?.value(anyCase: "operations")?.array else {
            throw Self.invalid(
                "`Operations` is missing: a list of objects with `op`, `path` and `value`.",
                "Operations"
            )
        }
        for operation in operations {
            guard let operation = operation.object, let op = operation.value(anyCase: "op")?.string?.lowercased() else {
                throw Self.invalid("Each operation needs an `op`: add, remove or replace.", "Operations")
            }
            let value = operation.value(anyCase: "value")
            let path = operation.value(anyCase: "path")?.string ?? ""
            switch op {
            case "add", "replace":
                guard let value else { throw Self.invalid("An operation lacks its `value`.", "Operations") }
                try path.isEmpty
                    ? set(value, isReplacing: op == "replace") : set(path, value, isReplacing: op == "replace")
            case "remove": try remove(path, value)
            default:
                throw Self.invalid(
                    "`\(op.prefixOfUTF8(32))` is not an operation: add, remove or replace.",
                    "Operations"
                )
            }
        }
    }

    // MARK: Parts

    private mutating func set(_ value: JSONValue, isReplacing: Bool = true) throws(GatewayError) {
        guard let object = value.object else { throw Self.invalid("The attributes must be an object.", "value") }
        for member in object { try set(member.key.string, member.value, isReplacing: isReplacing) }
    }

    private mutating func set(_ path: String, _ value: JSONValue, isReplacing: Bool) throws(GatewayError) {
        switch path.lowercased() {
        case "username" where kind == .user, "applicationid" where kind == .servicePrincipal,
            "displayname" where kind == .group:
            name = try Self.text(value, path)
        case "displayname": displayName = .some(value.kind == .null ? nil : try Self.text(value, path))
        case "externalid": externalID = .some(value.kind == .null ? nil : try Self.text(value, path))
        case "active" where kind != .group: isActive = try Self.flag(value)
        case "members" where kind == .group:
            let members = try Self.members(value)
            if isReplacing { (replacesMembers, added, removed) = (true, [], []) }
            added.formUnion(members)
            removed.subtract(members)
        default: break
        }
    }

    private mutating func remove(_ path: String, _ value: JSONValue?) throws(GatewayError) {
        switch path.lowercased() {
        case "": throw Self.invalid("A removal needs a `path`.", "path")
        case "displayname" where kind != .group: displayName = .some(nil)
        case "externalid": externalID = .some(nil)
        case "members" where kind == .group:
            if let value {
                drop(try Self.members(value))
            } else {
                (replacesMembers, added, removed) = (true, [], [])
            }
        case let path where path.hasPrefix("members[") && path.hasSuffix("]") && kind == .group:
            drop(try Self.members(inFilter: String(path.dropFirst(8).dropLast())))
        case "username", "applicationid", "displayname", "active":
            throw Self.invalid("`\(path)` cannot be removed.", "path")
        default: break
        }
    }

    private mutating func drop(_ members: Set<Int64>) {
        removed.formUnion(members)
        added.subtract(members)
    }

    private static func members(_ value: JSONValue) throws(GatewayError) -> Set<Int64> {
        var members: Set<Int64> = []
        let values = value.array.map { Array($0) } ?? [value]
        for value in values {
            guard let id = value.object?.value(anyCase: "value")?.string ?? value.string, let number = Int64(id) else {
                throw invalid("Each member needs a `value`: the id of a user, service principal or group.", "members")
            }
            members.insert(number)
        }
        return members
    }

    /// `members[value eq "123"]`, and several of them joined by `or`.
    private static func members(inFilter text: String) throws(GatewayError) -> Set<Int64> {
        func ids(_ filter: SCIMFilter) throws(GatewayError) -> Set<Int64> {
            switch filter {
            case .or(let first, let second): return try ids(first).union(try ids(second))
            case .compare(let attribute, .eq, let value):
                guard ["value", "$ref"].contains(attribute.lowercased()),
                    let id = Int64(value.split(separator: "/").last ?? "")
                else { break }
                return [id]
            default: break
            }
            throw invalid("Members are chosen by `members[value eq \"ID\"]`.", "path")
        }
        return try ids(try SCIMFilter(text))
    }

    private static func text(_ value: JSONValue, _ name: String) throws(GatewayError) -> String {
        guard let text = value.string, !text.isEmpty else { throw invalid("`\(name)` must be text.", name) }
        return text
    }

    /// Some identity providers send `"True"`.
    private static func flag(_ value: JSONValue) throws(GatewayError) -> Bool {
        switch value.bool.map({ "\($0)" }) ?? value.string?.lowercased() {
        case "true": return true
        case "false": return false
        default: throw invalid("`active` must be true or false.", "active")
        }
    }

    private static func invalid(_ message: String, _ parameter: String) -> GatewayError {
        GatewayError(.invalidParameter, message, parameter: parameter)
    }
}

extension JSONObject {
    /// The value of a key, whatever its case: SCIM's names have none.
    fileprivate func value(anyCase name: String) -> JSONValue? {
        var found: JSONValue?
        for member in self where member.key.string.lowercased() == name { found = member.value }
        return found
    }
}
