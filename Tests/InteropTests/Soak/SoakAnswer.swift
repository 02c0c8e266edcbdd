/// What the complaint of a writer that did not succeed means.
enum SoakAnswer: Equatable {
    /// The expected value was not the reference's: another writer was first.
    case contention
    /// A lock was not to be had in time, and the complaint says so.
    case lockTimeout
    /// Git tried three times to make a directory that others removed each time.
    case directoryRace
    case other(String)

    init(_ complaint: String, by peer: Peer) {
        if ["but expected", "reference already exists", "unable to resolve reference"].contains(
            where: complaint.contains)
            && !complaint.contains("broken")
        {
            self = .contention
        } else if complaint.contains("Unable to create '"), complaint.contains(".lock'"),
            complaint.contains("File exists")
        {
            self = .lockTimeout
        } else if peer.name == "git",
            complaint.contains("unable to create directory for ")
                || complaint.contains(".lock': No such file or directory")
        {
            self = .directoryRace
        } else {
            self = .other(complaint)
        }
    }

    /// Whether a listing may say this. Git lists a directory before it reads the files in it, and takes one that was
    /// deleted in between for broken; Strata must not.
    static func isFine(listing complaint: String, by peer: Peer) -> Bool {
        complaint.split(separator: "\n").allSatisfy {
            peer.name == "git" && $0.hasPrefix("warning: ignoring broken ref refs/heads/")
        }
    }

    /// The rejections of `--batch-updates` that mean the same.
    static let batchContention: Set<String> = [
        "incorrect old value provided", "reference already exists", "reference does not exist",
    ]
}
