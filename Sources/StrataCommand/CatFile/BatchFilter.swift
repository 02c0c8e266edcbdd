import StrataModel
import StrataObjects

/// Which objects `cat-file --batch… --filter=<spec>` leaves out. Git's function: `gently_parse_list_objects_filter`.
enum BatchFilter: Equatable {
    case blobNone
    /// Blobs of so many bytes and more.
    case blobLimit(UInt64)
    /// Everything but this kind.
    case objectType(ObjectKind)
    /// A filter that git knows and `cat-file` does not, by its name.
    case other(String)

    /// The filter that `--filter=<spec>` asks for.
    ///
    /// - Throws: git's fatal message for what is no filter.
    init(_ spec: Bytes) throws(CommandExit) { self = try Self.parse(spec[...]) }

    private static func parse(_ spec: ArraySlice<UInt8>) throws(CommandExit) -> BatchFilter {
        if spec.elementsEqual("auto".utf8) {
            throw .fatal(Bytes("'auto' filter not supported by this command"))
        }
        if spec.elementsEqual("blob:none".utf8) { return .blobNone }
        if let text = spec.removing("blob:limit="), let limit = OptionNumber.unsigned(text) {
            return .blobLimit(limit)
        }
        if let text = spec.removing("tree:") {
            guard OptionNumber.unsigned(text) != nil else { throw .fatal(Bytes("expected 'tree:<depth>'")) }
            return .other("tree")
        }
        if spec.hasPrefix("sparse:oid=") { return .other("sparse:oid") }
        if spec.hasPrefix("sparse:path=") { throw .fatal(Bytes("sparse:path filters support has been dropped")) }
        if let text = spec.removing("object:type=") {
            guard let kind = ObjectKind(name: text) else {
                throw .fatal(Bytes("'") + text + Bytes("' for 'object:type=<type>' is not a valid object type"))
            }
            return .objectType(kind)
        }
        if let text = spec.removing("combine:") {
            guard !text.isEmpty else { throw .fatal(Bytes("expected something after combine:")) }
            try checkCombined(text)
            return .other("combine")
        }
        throw .fatal(Bytes("invalid filter-spec '") + spec + Bytes("'"))
    }

    /// Checks filters that are joined with `+` and percent-encoded.
    private static func checkCombined(_ text: ArraySlice<UInt8>) throws(CommandExit) {
        let reserved = "~`!@#$^&*()[]{}\\;'\",<>?".utf8
        for part in text.split(separator: UInt8(ascii: "+")) {
            if let byte = part.first(where: { $0 <= 0x20 || reserved.contains($0) }) {
                throw .fatal(Bytes("must escape char in sub-filter-spec: '") + [byte] + Bytes("'"))
            }
            _ = try parse(percentDecoded(part)[...])
        }
    }

    private static func percentDecoded(_ text: ArraySlice<UInt8>) -> Bytes {
        var result: Bytes = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0
            {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// What must be known of an object to tell.
    var fields: ObjectFields {
        switch self {
        case .blobNone, .objectType, .other: .kind
        case .blobLimit: [.kind, .size]
        }
    }

    func leavesOut(_ info: ObjectInfo) -> Bool {
        switch self {
        case .blobNone: info.kind == .blob
        case .blobLimit(let limit): info.kind == .blob && (info.size ?? 0) >= limit
        case .objectType(let kind): info.kind != kind
        case .other: false
        }
    }
}
