"""What Waymark is made of besides itself: packages, files of others, their licences."""
