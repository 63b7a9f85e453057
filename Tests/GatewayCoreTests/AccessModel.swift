// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The rules of access once more, as somebody would explain them: facts in lists, each question answered by looking through all of them.
///
/// It knows objects, privileges and principals by their words alone and shares nothing with what it is compared to.
struct AccessModel {
    /// An object: its kind, as Unity Catalog spells it, and its full name.
    struct Object: Hashable, CustomStringConvertible {
        var kind: String
        var name: String

        var description: String { "\(kind) \(name)" }

        /// The catalog and the schema that it is in, the catalog first.
        var containers: [Object] {
            let parts = name.split(separator: ".").map(String.init)
            switch kind {
            case "METASTORE", "CATALOG": return []
            case "SCHEMA": return [Object(kind: "CATALOG", name: parts[0])]
            default:
                return [
                    Object(kind: "CATALOG", name: parts[0]), Object(kind: "SCHEMA", name: "\(parts[0]).\(parts[1])"),
                ]
            }
        }
    }

    /// That somebody is granted or denied something.
    struct Fact {
        var isDenial = false
        var who: String
        var what: String
        var on: Object

        /// Whether a fact about this privilege is one about that one.
        func covers(_ privilege: String) -> Bool {
            what == privilege || what == "ALL_PRIVILEGES" && !["MANAGE", "READ_SECRET"].contains(privilege)
        }
    }

    static let privileges = [
        "USE_CATALOG", "USE_SCHEMA", "EXECUTE", "MANAGE", "SELECT", "MODIFY", "READ_METADATA", "CREATE_CATALOG",
        "CREATE_SCHEMA", "CREATE_SERVICE", "CREATE_TABLE", "CREATE_CONNECTION", "READ_SECRET", "ALL_PRIVILEGES",
    ]

    var facts: [Fact] = []
    var memberships: [(member: String, group: String)] = []
    var owners: [(object: Object, owner: String)] = []
    var administrators: [String] = []

    /// What ``names(of:)`` found before, since each question begins with it.
    private var namesOfPeople: [String: Set<String>] = [:]

    /// The model with the names of some people looked up once and for all, while nothing changes.
    func knowing(_ people: [String]) -> AccessModel {
        var model = self
        for person in people { model.namesOfPeople[person] = names(of: person) }
        return model
    }

    /// Every name by which a grant can mean somebody.
    func names(of person: String) -> Set<String> {
        if let names = namesOfPeople[person] { return names }
        var names: Set<String> = [person, "account users"]
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for membership in memberships where names.contains(membership.member) && !names.contains(membership.group) {
                // Everybody is in `account users`, but that is in nothing.
                guard membership.member != "account users" else { continue }
                names.insert(membership.group)
                isGrowing = true
            }
        }
        return names
    }

    func isAdministrator(_ person: String) -> Bool {
        administrators.contains(person) || names(of: person).contains("admins")
    }

    func owns(_ person: String, _ object: Object) -> Bool {
        owners.contains { $0.object == object && names(of: person).contains($0.owner) }
    }

    func has(_ person: String, _ privilege: String, on object: Object) -> Bool {
        if isAdministrator(person) || owns(person, object) { return true }
        let ownsContainer = object.containers.contains { owns(person, $0) }
        if ownsContainer, ["USE_CATALOG", "USE_SCHEMA", "MANAGE", "READ_METADATA"].contains(privilege) { return true }
        let names = names(of: person)
        let places = [object] + object.containers
        let relevant = facts.filter { names.contains($0.who) && places.contains($0.on) }
        let denials = relevant.filter(\.isDenial)
        if denials.contains(where: { $0.covers(privilege) }) { return false }
        // All of them are not all of them where one is denied.
        if privilege == "ALL_PRIVILEGES", denials.contains(where: { !["MANAGE", "READ_SECRET"].contains($0.what) }) {
            return false
        }
        return relevant.contains { !$0.isDenial && $0.covers(privilege) }
    }

    func privileges(_ person: String, on object: Object) -> Set<String> {
        Set(Self.privileges.filter { has(person, $0, on: object) })
    }

    /// The first thing that somebody lacks, in words; nil if nothing.
    func lack(_ person: String, _ privilege: String, on object: Object) -> String? {
        if isAdministrator(person) { return nil }
        for (container, use) in zip(object.containers, ["USE_CATALOG", "USE_SCHEMA"])
        where !has(person, use, on: container) {
            return "\(use) on \(container)"
        }
        return has(person, privilege, on: object) ? nil : "\(privilege) on \(object)"
    }

    func sees(_ person: String, _ object: Object) -> Bool {
        if isAdministrator(person) || object.kind == "METASTORE" { return true }
        for (container, use) in zip(object.containers, ["USE_CATALOG", "USE_SCHEMA"])
        where !has(person, use, on: container) {
            return false
        }
        let telling: [String]
        switch object.kind {
        case "CATALOG": telling = Self.privileges.filter { $0 != "CREATE_CATALOG" }
        case "SCHEMA":
            telling = Self.privileges.filter { !["CREATE_CATALOG", "CREATE_SCHEMA", "USE_CATALOG"].contains($0) }
        case "TABLE": telling = ["SELECT", "MODIFY", "MANAGE", "READ_METADATA"]
        case "SECRET": telling = ["READ_SECRET", "MANAGE", "READ_METADATA"]
        default: telling = ["EXECUTE", "MANAGE", "READ_METADATA"]
        }
        return telling.contains { has(person, $0, on: object) }
    }

    /// Whether it is granted to everybody by name, and nothing is denied on it or above it.
    func isExecutableByAll(_ service: Object) -> Bool {
        let containers = service.containers
        guard !facts.contains(where: { $0.isDenial && (containers + [service]).contains($0.on) }) else { return false }
        func everybody(_ privilege: String, on objects: [Object]) -> Bool {
            facts.contains {
                !$0.isDenial && $0.who == "account users" && $0.covers(privilege) && objects.contains($0.on)
            }
        }
        return everybody("USE_CATALOG", on: [containers[0]]) && everybody("USE_SCHEMA", on: containers)
            && everybody("EXECUTE", on: containers + [service])
    }
}
