"""Vocabulary and sentence templates of the synthetic corpus; every name and place is invented.

A template's ``{word}`` is replaced by a random entry of the list of that name; ``{number}``,
``{big}``, ``{percent}`` and ``{day}`` become random figures.
"""

from typing import Final

PLACES: Final = (
    "thôn Bãi Dâu", "thôn Cồn Mây", "thôn Gò Sim", "thôn Đá Bạc", "thôn Cầu Mây", "thôn Đồng Trưa",
    "xóm Nổi", "xóm Chùa", "cửa Sò", "xã Bến Đá", "xã Đồng Sậy", "xã Núi Tượng", "hồ Cạn",
    "suối Mơ", "bến đò cũ", "cánh đồng Rộc", "khu chợ trung tâm", "núi Áo Xanh",
)  # fmt: skip
MEN: Final = (
    "Đinh Quang", "Trịnh Văn", "Lưu Gia", "Hà Thúc", "Mai Phước", "Lục Minh", "Cao Viết",
    "Phùng Đức", "Thái Bá", "Tăng Bửu",
)  # fmt: skip
WOMEN: Final = (
    "Lê Thị", "Nông Thị", "Khương Thị", "Kiều Thị", "Võ Thị", "Đàm Thị", "Vi Ngọc", "Lại Thùy",
)  # fmt: skip
GIVEN: Final = (
    "An", "Bình", "Cảnh", "Diễm", "Đăng", "Giang", "Hà", "Hiền", "Hòa", "Khiêm", "Lành", "Lộc",
    "Mai", "Nhân", "Phúc", "Quyên", "Sang", "Thắm", "Thơm", "Trà", "Tủa", "Út", "Yến", "Xuân",
)  # fmt: skip
ROLES: Final = (
    "trưởng thôn", "giám đốc hợp tác xã", "cán bộ khuyến nông", "bí thư chi đoàn", "hiệu trưởng",
    "trưởng trạm y tế", "chủ tịch hội nông dân", "tổ trưởng tổ tự quản", "thủ thư", "chủ vườn",
)  # fmt: skip
PEOPLE: Final = (
    "bà con nông dân", "đoàn viên thanh niên", "các hộ dân", "hội viên phụ nữ", "học sinh",
    "người cao tuổi", "tổ công nghệ số cộng đồng", "diêm dân", "ngư dân", "cán bộ xã",
)  # fmt: skip
WORKS: Final = (
    "bê tông hóa đường liên thôn", "nạo vét kênh mương", "trồng cây chắn sóng",
    "phân loại rác tại nguồn", "số hóa sổ hộ tịch", "xây kho lạnh chung", "lắp đèn chiếu sáng",
    "khôi phục nghề đan lát", "mở lớp dạy bơi", "chuyển đổi cây trồng", "sửa chữa trường học",
    "khám sức khỏe định kỳ", "tiêm phòng cho đàn vật nuôi", "nâng cấp chợ quê",
    "tập huấn phòng chống bão", "hướng dẫn nộp hồ sơ trực tuyến", "bảo vệ rừng đầu nguồn",
)  # fmt: skip
GOODS: Final = (
    "bưởi", "chè búp", "muối hầm", "lúa nếp", "cá cơm", "nước mắm", "mật ong", "mạ khay",
    "rau sạch", "bánh lá gai", "hàng mây tre", "tôm", "khoai lang", "gà đồi", "măng khô", "hoa cúc",
)  # fmt: skip
RESULTS: Final = (
    "thu nhập của người dân tăng rõ rệt", "thời gian đi lại giảm một nửa",
    "số hồ sơ trễ hẹn giảm mạnh", "đường làng sạch đẹp hơn",
    "không còn hộ nào phải dùng nước giếng",
    "tỷ lệ trẻ đến lớp đạt mức cao nhất từ trước đến nay", "chi phí sản xuất giảm gần một phần ba",
    "ai cũng biết việc, ai cũng được bàn", "bà con yên tâm trước mùa mưa bão",
)  # fmt: skip
TIMES: Final = (
    "Sáng nay", "Chiều qua", "Trong quý vừa rồi", "Từ đầu năm đến nay", "Sau hai vụ liên tiếp",
    "Cuối tuần qua", "Những ngày này", "Trước mùa mưa bão", "Sau ba tháng thí điểm",
)  # fmt: skip

TITLES: Final = (
    "{place} đẩy mạnh {work}",
    "{goods} được mùa ở {place}",
    "{people} {place} chung tay {work}",
    "{number} hộ dân {place} hưởng lợi từ việc {work}",
    "Nhìn lại một năm {work} tại {place}",
    "Chuyện {work}: kinh nghiệm từ {place}",
    "{place}: {result}",
    "Mang {goods} {place} đi xa",
    "Hội nghị bàn về {work}: lắng nghe {people}",
)
LEADS: Final = (
    "{time}, {place} tổng kết việc {work} với {number} người tham gia; nhờ cách làm mới, {result}.",
    "{time}, {people} ở {place} bắt tay vào việc {work}. Sau một thời gian ngắn, {result}.",
    "Từ chỗ lo đầu ra cho {goods}, {people} ở {place} nay đã yên tâm sản xuất, {result}.",
)
SENTENCES: Final = (
    "{time}, {people} ở {place} đã cùng nhau {work}.",
    "Theo {role} {name}, nhờ {work} mà {result}.",
    "Toàn vùng hiện có {number} ha trồng trọt, trong đó {percent}% đã được tưới chủ động.",
    "Đến ngày {day}, {place} đã vận động được {big} triệu đồng và {number} ngày công để {work}.",
    "Ông {man} ở {place} cho biết gia đình ông có {number} năm gắn bó với nghề làm {goods}.",
    "Bà {woman}, {role}, nhấn mạnh rằng mọi khoản đóng góp đều được niêm yết tại nhà văn hóa thôn.",
    "So với cùng kỳ năm trước, sản lượng {goods} tăng {percent}%, giá bán cũng ổn định hơn.",
    "Nhiều hộ ở {place} mạnh dạn vay vốn để mở rộng sản xuất {goods}.",
    "Khó khăn lớn nhất là thiếu lao động trẻ, vì vậy {people} phải hỗ trợ nhau theo lối đổi công.",
    "«Lúc đầu ai cũng ngại, nhưng làm rồi mới thấy {result}», chị {woman} kể lại.",
    "Cuộc họp ở {place} kéo dài đến tối với {number} ý kiến, hầu hết xoay quanh việc {work}.",
    "Kế hoạch năm tới đặt mục tiêu có thêm {number} hộ tham gia {work}.",
    "Các em học sinh được giao nhiệm vụ ghi chép, đo đạc và báo lại kết quả vào thứ sáu hằng tuần.",
    "Nhờ có đường mới, xe chở {goods} vào được tận vườn, không phải gánh bộ như trước.",
    "Từ {place} đi ngược dòng chừng {number} cây số là đến nơi {people} đang {work}.",
    "Ban tổ chức bố trí nước uống, thuốc men và người trực suốt {number} giờ.",
    "Anh {man} bảo muốn giữ nghề thì trước hết phải giữ chữ tín với người mua {goods}.",
    "Mỗi sáng, thương lái đến {place} thu mua khoảng {number} tạ {goods}.",
    "Khi được hỏi, {percent}% số hộ hài lòng với cách làm này và mong muốn tiếp tục {work}.",
    "Hồ sơ của {people} được tiếp nhận ngay trong ngày và trả kết quả đúng hẹn.",
    "Cụ {name}, người cao tuổi nhất {place}, nhớ lại những năm còn phải chèo đò đi học.",
    "Thời tiết thuận lợi, sâu bệnh ít, bà con bán {goods} lãi {big} nghìn đồng mỗi ngày.",
    "Tổ tự quản họp vào tối {day}, phân công từng người, từng việc, từng đoạn đường.",
    "Bên cạnh kết quả, {role} {name} thẳng thắn nhìn nhận việc {work} vẫn còn chậm ở một số nơi.",
    "Nguồn kinh phí {big} triệu đồng được chia làm hai đợt, đợt sau chỉ cấp khi đợt trước đã xong.",
    "Không khí ở {place} những ngày này rộn ràng, tiếng máy xen lẫn tiếng cười nói.",
    "Người dân có thể góp ý trực tiếp tại {place} hoặc gửi phiếu qua trưởng thôn.",
    "Xã giao cho {people} theo dõi, ba tháng báo cáo một lần trước nhân dân.",
)
HEADINGS: Final = (
    "Cách làm mới", "Kết quả bước đầu", "Những việc còn phải làm", "Người dân nói gì",
    "Kinh nghiệm rút ra", "Kế hoạch sắp tới", "Chuyện ở thôn", "Những con số",
)  # fmt: skip
